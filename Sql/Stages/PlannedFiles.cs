using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Stages;

/// <summary>A table that a query's own text made of files.</summary>
/// <param name="Table">Its name in <see cref="StageScan.Table"/>; no other table of the plan has it.</param>
/// <param name="Source">The files.</param>
public sealed record PlannedFiles(string Table, TableSource Source);
