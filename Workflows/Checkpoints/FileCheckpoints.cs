using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Checkpoints;

/// <summary>Keeps each run in a file of a folder: written beside it, flushed to the disk, renamed, and its folder flushed, so that a crash leaves the old or the new one.</summary>
/// <param name="folder">Where the files are; made when it does not exist. One process at a time may run an id.</param>
public sealed class FileCheckpoints(string folder) : IWorkflowCheckpoints
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The id is not well-formed (<see cref="RunId"/>).</exception>
    public async ValueTask SaveAsync(string id, WorkflowRunState run, CancellationToken cancellationToken)
    {
        var path = PathOf(id);
        Directory.CreateDirectory(folder);
        var temporary = path + ".new";
        var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(WorkflowRunJson.Write(run), cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        FolderFlush.Flush(folder);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The id is not well-formed (<see cref="RunId"/>).</exception>
    public async ValueTask<WorkflowRunState?> LoadAsync(string id, CancellationToken cancellationToken)
    {
        var path = PathOf(id);
        return File.Exists(path) ? WorkflowRunJson.Read(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)) : null;
    }

    private string PathOf(string id) => Path.Combine(folder, new RunId(id).Value + ".run.json");
}
