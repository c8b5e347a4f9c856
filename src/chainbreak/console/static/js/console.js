// The console's entry: joins the modules. Pages work for reading without any of them.
import { startKeys } from "./keys.js";
import { startPalette } from "./palette.js";
import { startRequests } from "./requests.js";
import { startRows } from "./rows.js";
import { startLeads } from "./leads.js";
import { startIdleLock } from "./idle.js";

startRequests();
startRows();
startPalette();
startKeys();
startLeads();
startIdleLock();
