startTheme();
startPrinting();
startFilters();
startMarks();
startDialog();
startGallery();
startScrolling();
