#!/usr/bin/env node
/** The `holdfast` command: runs the built gateway; in a checkout it makes sure first that it is built. */
import { isCheckout } from './setup.js';

if (isCheckout()) await import('./start.js');
else await import('../dist/api/main.js');
