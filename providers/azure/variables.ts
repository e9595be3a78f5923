/** Entra ID's variables, which both of Azure's providers read where the configuration is silent. */
export const AZURE_VARIABLES = {
  azure_ad_token: ['AZURE_AD_TOKEN'],
  tenant_id: ['AZURE_TENANT_ID'],
  client_id: ['AZURE_CLIENT_ID'],
  client_secret: ['AZURE_CLIENT_SECRET'],
  azure_username: ['AZURE_USERNAME'],
  azure_password: ['AZURE_PASSWORD'],
  azure_authority_host: ['AZURE_AUTHORITY_HOST'],
  azure_scope: ['AZURE_SCOPE'],
} as const;
