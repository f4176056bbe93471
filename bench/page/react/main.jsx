// Mounts the page.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import '../page.css';
import { App } from './app.jsx';

createRoot(document.getElementById('page')).render(<StrictMode><App /></StrictMode>);
