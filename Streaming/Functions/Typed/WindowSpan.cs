namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>A window.</summary>
/// <param name="Start">Its first moment.</param>
/// <param name="End">The first moment behind it.</param>
public readonly record struct WindowSpan(DateTime Start, DateTime End);
