import isNumber from 'is-number';

if (isNumber('17')) console.log('built: bun');
