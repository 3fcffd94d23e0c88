using System.Diagnostics;

namespace OrleansFlow.Samples.OrderFlow;

/// <summary>
/// A world outside that is a folder: a file for each effect of each order. An effect that is there is not done again; <c>calls.log</c> shows how often
/// it was asked for.
/// </summary>
/// <param name="folder">The folder; made when it is missing.</param>
/// <param name="crashAt">
/// An effect at which this process kills itself, once for the folder: <c>charge</c> before it is done, <c>charge!</c> after it was done and before the step
/// could commit. Null: never.
/// </param>
internal sealed class FileShop(string folder, string? crashAt = null) : IShop
{
    private readonly string _folder = Directory.CreateDirectory(folder).FullName;

    /// <summary>The effects that were done, as <c>order effect</c>, in ordinal order.</summary>
    public IReadOnlyList<string> Effects =>
        [.. Directory.EnumerateFiles(_folder, "*.done").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async Task DoAsync(string order, string effect, CancellationToken cancellationToken)
    {
        await CrashIfAsync(effect);
        await File.AppendAllTextAsync(Path.Combine(_folder, "calls.log"), $"{order} {effect}\n", cancellationToken);
        try
        {
            await using var file = new FileStream(Path.Combine(_folder, $"{order} {effect}.done"), FileMode.CreateNew);
            file.Flush(flushToDisk: true);
        }
        catch (IOException) when (File.Exists(Path.Combine(_folder, $"{order} {effect}.done")))
        {
            // It had been done, and its answer did not arrive: the same answer again.
        }

        await CrashIfAsync(effect + "!");
    }

    private async Task CrashIfAsync(string point)
    {
        if (point != crashAt)
        {
            return;
        }

        try
        {
            await using var file = new FileStream(Path.Combine(_folder, "crashed"), FileMode.CreateNew);
        }
        catch (IOException) when (File.Exists(Path.Combine(_folder, "crashed")))
        {
            return;
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
        await self.WaitForExitAsync();
    }
}
