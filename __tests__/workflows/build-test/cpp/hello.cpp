#include <iostream>

int main() { std::cout << "built: cpp\n"; }
