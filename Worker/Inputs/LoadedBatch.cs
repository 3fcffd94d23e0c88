using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Inputs;

/// <summary>A batch on its way from the artifact store to a handler.</summary>
/// <param name="Uid">Its name.</param>
/// <param name="Batch">The rows.</param>
/// <param name="EndsReference">True for the last batch of its file: the credit of the reference is then due.</param>
/// <param name="Reference">Where it is from.</param>
/// <param name="IsWhole">True when it is the only batch of its file.</param>
internal sealed record LoadedBatch(string Uid, RecordBatch Batch, bool EndsReference, InputRef Reference, bool IsWhole) : IDisposable
{
    public void Dispose() => Batch.Dispose();
}
