namespace OrleansFlow.Sql.Tables;

/// <summary>What is known of a column over the whole table, for estimates.</summary>
/// <param name="Min">Smallest value on a scale of numbers (days for dates, seconds for timestamps); null when it is not known or no number.</param>
/// <param name="Max">Largest value on the same scale.</param>
/// <param name="NullShare">Part of the rows where it is NULL, 0 to 1.</param>
/// <param name="DistinctCount">Different values, at least; null when nothing is known.</param>
public sealed record ColumnStatistics(double? Min, double? Max, double NullShare, long? DistinctCount);
