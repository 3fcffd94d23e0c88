namespace OrleansFlow.Arrow.Kernels;

/// <summary>What to sort by.</summary>
/// <param name="Column">Place of the column in the batch.</param>
/// <param name="IsDescending">Whether the largest value comes first. Default false.</param>
/// <param name="NullsFirst">Whether nulls come before all values, whatever the direction. Default false: behind.</param>
public readonly record struct SortKey(int Column, bool IsDescending = false, bool NullsFirst = false);
