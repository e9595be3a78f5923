/** Amazon's variables, which all of its providers read where the configuration is silent. */

export const AWS_VARIABLES = {
  /** The keys themselves are read by the chain of credentials, which also knows the order of its other sources. */
  accountVariables: ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  settingVariables: { aws_region_name: ['AWS_REGION_NAME', 'AWS_REGION', 'AWS_DEFAULT_REGION'] },
} as const;
