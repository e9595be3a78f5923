/** The routes of files; `table.ts` puts them with the others. */
import {
  deleteFile,
  fileDeletedSchema,
  fileListSchema,
  fileSchema,
  filesQuerySchema,
  fileUploadSchema,
  getFile,
  getFileContent,
  listFiles,
  uploadFile,
} from './files.ts';
import type { Route } from './table.ts';

function pathsOf(path: string): string[] {
  return [`/v1${path}`, path];
}

export const FILE_ROUTES: readonly Route[] = [
  {
    method: 'post',
    paths: pathsOf('/files'),
    access: 'key',
    handler: uploadFile,
    summary: 'Upload a file',
    tag: 'Files',
    body: fileUploadSchema,
    bodyType: 'multipart/form-data',
    answer: fileSchema,
    errors: ['invalid_request', 'request_timeout', 'request_too_large', 'unsupported_media_type', 'shutting_down'],
  },
  {
    method: 'get',
    paths: pathsOf('/files'),
    access: 'key',
    handler: listFiles,
    summary: 'List files, newest first',
    tag: 'Files',
    query: filesQuerySchema,
    answer: fileListSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: pathsOf('/files/:id'),
    access: 'key',
    handler: getFile,
    summary: 'Get what is known of a file',
    tag: 'Files',
    answer: fileSchema,
    errors: ['not_found'],
  },
  {
    method: 'delete',
    paths: pathsOf('/files/:id'),
    access: 'key',
    handler: deleteFile,
    summary: 'Delete a file; a batch that was made from it goes on',
    tag: 'Files',
    answer: fileDeletedSchema,
    errors: ['not_found'],
  },
  {
    method: 'get',
    paths: pathsOf('/files/:id/content'),
    access: 'key',
    handler: getFileContent,
    summary: 'Get the bytes of a file',
    tag: 'Files',
    answerType: 'application/octet-stream',
    errors: ['not_found'],
  },
];
