/** What people call it, in errors. */
export const TITLE = 'Snowflake Cortex';
