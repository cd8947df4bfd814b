//! The whole house from outside: the program, a PBX, callees and agents.

mod real_asterisk;
