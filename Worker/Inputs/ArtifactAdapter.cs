using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary><c>pull.from_artifacts</c>: the artifacts of parents, one by one, as they are accepted.</summary>
internal sealed class ArtifactAdapter(IOptions<InputAdapterOptions>? options = null) : InputAdapter
{
    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (ArtifactPull.Of(call, options?.Value ?? new InputAdapterOptions(), ArtifactPull.ReadPlace(call).After) is not { } request)
        {
            yield break;
        }

        await foreach (var loaded in ArtifactPull.SourceOf(call).ReadArtifactsAsync(request, cancellationToken))
        {
            yield return new InputBatch(loaded.Uid, loaded.Batch, new ArtifactInput(loaded.Reference.Node, loaded.Uid, ArtifactPull.MetaOf(loaded.Batch)))
            {
                Position = loaded.EndsReference ? ArtifactPull.Place(loaded.Reference.Sequence) : null,
            };
        }
    }
}
