using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary><c>pull.from_artifacts.rechunk:size</c>: the artifacts of parents, each cut into pieces of a size.</summary>
/// <remarks>
/// An artifact of rows is cut into rows. Of one that is a JSON document the items are the list under <c>meta_list_key</c>, when that was given and
/// is a list; else the document is the one item. No other key is ever guessed.
/// </remarks>
internal sealed class RechunkAdapter(IOptions<InputAdapterOptions>? options = null) : InputAdapter
{
    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var defaults = options?.Value ?? new InputAdapterOptions();
        var key = call.Has("meta_list_key") ? call.Text("meta_list_key") : null;
        if (defaults.Strict && key is null)
        {
            throw call.Refuse("meta_list_key", $"this worker is strict ({InputAdapterOptions.SectionName}:{nameof(InputAdapterOptions.Strict)}) and needs it.");
        }

        var (after, done) = ArtifactPull.ReadPlace(call);
        if (ArtifactPull.Of(call, defaults, after) is not { } request)
        {
            yield break;
        }

        var size = (int)call.WholeNumber("size");
        await foreach (var loaded in ArtifactPull.SourceOf(call).ReadArtifactsAsync(request, cancellationToken))
        {
            using var owned = loaded;
            var items = ItemsOf(loaded, key);
            var count = items?.Count ?? loaded.Batch.RowCount;
            var index = 0;
            foreach (var (first, length) in ChunkPlan.Cut(count, size))
            {
                var number = index++;
                if (number < done)
                {
                    continue;
                }

                var chunk = new ArtifactChunk(loaded.Reference.Node, loaded.Uid, number, items is null ? [] : [.. items.Skip(first).Take(length)], key);
                yield return new InputBatch(
                    BatchUids.OfChunk(loaded.Reference.Node, loaded.Uid, number), items is null ? loaded.Batch.Slice(first, length) : null, chunk)
                {
                    Position = !loaded.IsWhole ? null
                        : first + length == count ? ArtifactPull.Place(loaded.Reference.Sequence)
                        : ArtifactPull.Place(loaded.Reference.Sequence, index),
                };
            }

            // Only the artifact that an earlier attempt left in the middle begins in the middle.
            done = 0;
        }
    }

    /// <summary>The items of a document; null where the rows are the items.</summary>
    private static List<JsonElement>? ItemsOf(LoadedBatch loaded, string? key)
    {
        var meta = ArtifactPull.MetaOf(loaded.Batch);
        if (meta.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        return key is not null && meta.ValueKind == JsonValueKind.Object && meta.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [meta];
    }
}
