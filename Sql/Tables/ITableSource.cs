using OrleansFlow.Errors;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Tables;

/// <summary>A table that queries read in parts.</summary>
/// <remarks>Thread-safe.</remarks>
public interface ITableSource
{
    /// <summary>Looks at the table as it is now.</summary>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="FlowException">The table cannot be described; the message names the file.</exception>
    Task<TableDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Divides the table as it was described. Together the parts have each row exactly once, less those that the scan's conditions exclude.</summary>
    /// <param name="description">What <see cref="DescribeAsync"/> gave.</param>
    /// <param name="scan">Who reads it: the number of parts, the columns (none: all) and the conditions. Its first task is of no interest here.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>One SELECT for each of the scan's tasks, with the columns that are read, in order and always of the same types. A part may have no rows.</returns>
    /// <exception cref="FlowException">The table cannot be divided.</exception>
    Task<IReadOnlyList<string>> SplitAsync(TableDescription description, StageScan scan, CancellationToken cancellationToken);
}
