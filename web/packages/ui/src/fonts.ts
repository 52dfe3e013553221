/** Which piece of the webfont has which letters; a piece of some KB comes as its letters are met. */
import "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css";
