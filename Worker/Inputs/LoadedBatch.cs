using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Inputs;

/// <summary>A batch on its way from the artifact store to a handler.</summary>
/// <param name="Uid">Its name.</param>
/// <param name="Batch">The rows.</param>
/// <param name="EndsReference">True for the last batch of its file: the credit of the reference is then due.</param>
internal sealed record LoadedBatch(string Uid, RecordBatch Batch, bool EndsReference) : IDisposable
{
    public void Dispose() => Batch.Dispose();
}
