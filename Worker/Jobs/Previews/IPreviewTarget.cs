using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Jobs.Previews;

/// <summary>Where rows go that jobs show to people: live streams of the gateway.</summary>
internal interface IPreviewTarget
{
    /// <summary>Appends batches to a live stream until they end; each is kept when the next one is asked for.</summary>
    /// <param name="stream">The stream; made when there is none.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="batches">The rows; the target disposes each batch that it is given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task AppendAsync(string stream, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken);
}
