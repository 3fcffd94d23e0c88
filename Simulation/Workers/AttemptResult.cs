using System.Globalization;
using System.Text.Json;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Workers;

/// <summary>The result of a simulated task: which attempt made it, and of how many batches.</summary>
/// <param name="Epoch">Epoch of the attempt's lease.</param>
/// <param name="Worker">Its worker.</param>
/// <param name="BatchCount">Batches that it made, repeated ones included.</param>
internal readonly record struct AttemptResult(long Epoch, string Worker, int BatchCount)
{
    public static string Format(long epoch, WorkerId worker, int batchCount) =>
        string.Create(CultureInfo.InvariantCulture, $"[{epoch},\"{worker.Value}\",{batchCount}]");

    public static AttemptResult Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new AttemptResult(root[0].GetInt64(), root[1].GetString()!, root[2].GetInt32());
    }
}
