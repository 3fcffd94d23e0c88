using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Inputs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>An attempt for adapters that need no gateway, with a folder that is deleted with it.</summary>
internal sealed class AdapterContext : RunContext, IDisposable
{
    public AdapterContext() => Directory.CreateDirectory(TempFolder);

    /// <summary>Number of the task, and how many there are.</summary>
    public (int Index, int Count) Share { get; set; } = (0, 1);

    /// <summary>What the parents made.</summary>
    public SortedDictionary<string, long[][]> Inputs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> NamedFiles { get; } = [];

    public override TaskId TaskId => TaskId.Parse($"r/read/{Share.Index}");

    public override int TaskCount => Share.Count;

    public override long Epoch => 1;

    public override int Attempt => 1;

    public override WorkerId WorkerId => new("w");

    public override string Role => "read";

    public override JsonElement Params => default;

    public override IReadOnlyDictionary<string, string> Files => NamedFiles;

    public override IReadOnlyList<string> Parents => [.. Inputs.Keys];

    public override int AcceptedBatchCount => 0;

    public override CancellationToken Stopping => CancellationToken.None;

    public override string? StopReason => null;

    public override IServiceProvider Services => throw new NotSupportedException();

    public override ILogger Logger => NullLogger.Instance;

    public override TimeProvider Clock => TimeProvider.System;

    public override string TempFolder { get; } = Path.Combine(Path.GetTempPath(), "orleansflow-tests", Guid.NewGuid().ToString("N"));

    /// <summary>A call of an adapter.</summary>
    public AdapterCall Call(string adapter, string args, string? position = null) => new(adapter, JsonElement.Parse(args), this, position);

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(TempFolder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public override async IAsyncEnumerable<InputBatch> ReadUpstreamAsync(
        string node, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var values in Inputs[node])
        {
            await Task.Yield();
            yield return new InputBatch(node, HandlerScript.Numbers(values));
        }
    }

    public override void ReportProgress(double fraction)
    {
    }

    public override void AddMetric(string name, double value) => throw new NotSupportedException();

    public override IArtifactWriter Artifacts => throw new NotSupportedException();

    public override TaskCheckpoint? Checkpoint => null;

    public override void DeleteAtEnd(string path) => throw new NotSupportedException();

    public override string IdempotencyKey => TaskId.Value;

    public override void OnCleanup(Func<ValueTask> action) => throw new NotSupportedException();

    public override void RegisterProcess(Process process) => throw new NotSupportedException();

    public override TimeSpan? Remaining => null;

    public override Task<int> RunProcessAsync(ProcessStartInfo start, Action<string>? onLine, TimeSpan? grace, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IDictionary<string, object?> Scratch { get; } = new Dictionary<string, object?>();

    public override RunTotals Totals => new(0, 0, new Dictionary<string, double>());

    public override ValueTask SaveCheckpointAsync(TaskCheckpoint checkpoint, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose() => Directory.Delete(TempFolder, recursive: true);
}
