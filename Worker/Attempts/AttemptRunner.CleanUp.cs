using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What is undone at an attempt's end, however it ends: its own failures are logged and change no outcome.</summary>
internal sealed partial class AttemptRunner
{
    private async Task CleanUpAsync(RoleHandler handler, bool isInitBegun, AttemptContext context, bool isShared)
    {
        try
        {
            if (isInitBegun)
            {
                await handler.CleanupAsync(context);
            }
        }
        catch (Exception exception)
        {
            LogCleanupFailed(context.TaskId, context.Epoch, exception);
        }

        if (context.Cleanups is { } cleanups)
        {
            await cleanups.RunAsync(exception => LogCleanupFailed(context.TaskId, context.Epoch, exception));
        }

        try
        {
            switch (handler)
            {
                case IAsyncDisposable disposable when !isShared:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable when !isShared:
                    disposable.Dispose();
                    break;
            }

            if (context.MadeTempFolder is { } folder)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception)
        {
            LogCleanupFailed(context.TaskId, context.Epoch, exception);
        }
    }

    private string MakeTempFolder(TaskAttempt attempt)
    {
        var name = $"{attempt.Token.TaskId.Value.Replace('/', '~')}.e{attempt.Token.Epoch}";
        var folder = Path.Combine(options.TempFolder, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        return folder;
    }
}
