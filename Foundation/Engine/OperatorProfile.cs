namespace OrleansFlow.Engine;

/// <summary>What the engine measured of one operator of a query.</summary>
/// <param name="Name">DuckDB's name of it, as <c>HASH_GROUP_BY</c>.</param>
/// <param name="Depth">How many operators stand above it; 0 for the last one.</param>
/// <param name="RowCount">Rows that it handed on.</param>
/// <param name="Time">Time of all its threads together, without that of the operators which it reads.</param>
/// <param name="ByteCount">Bytes of the rows that it handed on, as DuckDB counts them.</param>
public sealed record OperatorProfile(string Name, int Depth, long RowCount, TimeSpan Time, long ByteCount);
