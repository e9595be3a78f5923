/** What people call it, in errors. */
export const TITLE = 'Vertex AI';
