namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Appends the rows of a table to the columns of one batch builder. One thread at a time.</summary>
public interface IRowWriter
{
    /// <summary>Appends the rows of one unit (see <see cref="GeneratedTable.UnitCount"/>).</summary>
    /// <param name="unit">0 to the table's unit count - 1, in any order.</param>
    void Append(long unit);
}
