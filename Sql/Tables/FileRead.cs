namespace OrleansFlow.Sql.Tables;

/// <summary>Rows of one file that a part reads.</summary>
/// <param name="File">Place of the file in <see cref="TableDescription.Files"/>.</param>
/// <param name="FirstRow">First row; null for the whole file.</param>
/// <param name="RowCount">Rows; null for the whole file.</param>
internal readonly record struct FileRead(int File, long? FirstRow, long? RowCount)
{
    /// <summary>The row behind the last one.</summary>
    public long? EndRow => FirstRow + RowCount;
}
