"""The hall's pages: the big screen, the window's call bar, the desk of the receptionist, the kiosk, the ticket on a telephone."""
