// Builds the page for production: links relative to the page, files beside each other.

import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: { assetsDir: '.', emptyOutDir: true },
});
