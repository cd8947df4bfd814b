//! Tables on the terminal.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// One line below the headings and no others, so that rows are easily cut and searched.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with names on the left and figures on the right.
pub(crate) fn figures(headings: impl IntoIterator<Item = String>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(headings);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
