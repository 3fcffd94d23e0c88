using System.Diagnostics;

namespace OrleansFlow.Samples.OrderFlow;

/// <summary>A world outside that is a folder: a file for each effect of each order. An effect that is there is not done again.</summary>
/// <param name="folder">The folder; made when it is missing. Several processes may share it.</param>
/// <param name="crashAt">
/// An effect at which this process kills itself, once for the folder: <c>charge</c> before it is done, <c>charge!</c> after it was done and before the step
/// could commit. Null: never.
/// </param>
internal sealed class FileShop(string folder, string? crashAt = null) : IShop
{
    private readonly string _folder = Directory.CreateDirectory(folder).FullName;

    /// <inheritdoc/>
    public async Task DoAsync(string order, string effect, CancellationToken cancellationToken)
    {
        await CrashIfAsync(effect);
        TryCreate($"{order} {effect}.done");
        await CrashIfAsync(effect + "!");
    }

    private async Task CrashIfAsync(string point)
    {
        if (point == crashAt && TryCreate($"{point}.crashed"))
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            await self.WaitForExitAsync();
        }
    }

    /// <summary>Makes a file; false when it is there, because whoever asked did so before and was not told.</summary>
    private bool TryCreate(string name)
    {
        var path = Path.Combine(_folder, name);
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }
}
