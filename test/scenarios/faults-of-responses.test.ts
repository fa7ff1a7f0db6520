import { playFaults } from '../support/play-faults.js';

playFaults('responses');
