import CTables
