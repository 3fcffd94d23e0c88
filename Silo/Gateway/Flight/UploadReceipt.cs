namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>What was stored of an upload.</summary>
/// <param name="Batches">Batches.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Size of the file.</param>
internal sealed record UploadReceipt(int Batches, long Rows, long Bytes);
