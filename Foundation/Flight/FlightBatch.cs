using OrleansFlow.Arrow;

namespace OrleansFlow.Flight;

/// <summary>One element of a data stream. Whoever receives it owns the batch and disposes it.</summary>
/// <param name="Batch">The rows; null when the element is application metadata alone.</param>
/// <param name="AppMetadata">Bytes of the application; empty for none.</param>
public readonly record struct FlightBatch(RecordBatch? Batch, ReadOnlyMemory<byte> AppMetadata = default);
