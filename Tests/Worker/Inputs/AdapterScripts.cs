using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Inputs;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Handlers that note what an input adapter gives them.</summary>
internal static class AdapterScripts
{
    /// <summary>A handler that emits one row for each batch, notes its uid, and fails where it is told to.</summary>
    public static HandlerScript Counting(ConcurrentQueue<string> seen, Func<InputBatch, bool> fails) => new()
    {
        Resumes = true,
        Process = async (_, input, _) =>
        {
            await Task.Yield();
            if (fails(input))
            {
                throw new InvalidOperationException("the test fails here");
            }

            seen.Enqueue(input.Uid);
            return new BatchOutcome(HandlerScript.Numbers(1));
        },
    };

    public static HandlerScript Chunks(ConcurrentQueue<string> seen) => new()
    {
        Process = (_, input, _) =>
        {
            var chunk = (ArtifactChunk)input.Payload!;
            var items = chunk.Items.Count > 0
                ? chunk.Items.Select(item => item.GetRawText())
                : input.Batch!.Column<Int64Array>("n").Values.ToArray().Select(n => n.ToString(CultureInfo.InvariantCulture));
            seen.Enqueue($"{input.Uid}|{chunk.ParentUid}.{chunk.Index}:{string.Join(',', items)}");
            return ValueTask.FromResult(BatchOutcome.None);
        },
    };
}
