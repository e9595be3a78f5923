/** The process's environment, for those that hand it on whole: to the configuration, to child processes. The only place that reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function processEnv(): Environment {
  return process.env;
}
