import isNumber from 'npm:is-number@7.0.0';

if (isNumber('17')) console.log('built: deno');
