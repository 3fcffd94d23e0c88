using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.State;

/// <summary>Named checkpoints that stay until they are deleted, and their copies that need nothing of the job.</summary>
/// <param name="checkpoints">The job's checkpoints.</param>
public sealed class SavepointStore(CheckpointStore checkpoints)
{
    private const string PortableManifest = "manifest.pb";
    private const string PortableFiles = "files/";

    private CheckpointStore Checkpoints => checkpoints;

    /// <summary>Gives a checkpoint a name. Its files are not copied; they stay as long as the savepoint.</summary>
    /// <param name="name">The name; new in the job.</param>
    /// <param name="manifest">Name of the checkpoint's manifest, which counts and is committed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">
    /// The name is taken (<see cref="FlowErrorCode.AlreadyExists"/>); the checkpoint is none to begin from (<see cref="FlowErrorCode.BadInput"/>), or was cleared away meanwhile (<see cref="FlowErrorCode.NotFound"/>).
    /// </exception>
    public async ValueTask CreateAsync(string name, string manifest, CancellationToken cancellationToken)
    {
        if (await checkpoints.StandingOfAsync(manifest, cancellationToken) is var standing && standing != CheckpointStanding.Ready)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Savepoint '{name}' cannot be made of '{manifest}', which is {standing}; take one that is Ready.");
        }

        var content = await checkpoints.TryReadManifestAsync(manifest, cancellationToken) ?? throw Cleared(name, manifest);
        await StoreAsync(name, content, cancellationToken);

        // The cleaner removes the record first and looks for savepoints then: with the record still there, it will find this one.
        if (await checkpoints.StandingOfAsync(manifest, cancellationToken) != CheckpointStanding.Ready)
        {
            await checkpoints.Store.DeleteAsync(checkpoints.Full(CheckpointLayout.Savepoint(name)), cancellationToken);
            throw Cleared(name, manifest);
        }
    }

    /// <summary>Reads a savepoint.</summary>
    /// <exception cref="FlowException">There is none of that name (<see cref="FlowErrorCode.NotFound"/>).</exception>
    public async ValueTask<CheckpointManifest> ReadAsync(string name, CancellationToken cancellationToken) =>
        await checkpoints.TryReadManifestAsync(CheckpointLayout.Savepoint(name), cancellationToken)
        ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no savepoint '{name}'.");

    /// <summary>The names of the manifests of all savepoints.</summary>
    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var entry in checkpoints.Store.ListAsync(checkpoints.Full(CheckpointLayout.Savepoints), cancellationToken))
        {
            if (entry.Name.EndsWith(CheckpointLayout.ManifestName, StringComparison.Ordinal))
            {
                names.Add(entry.Name[checkpoints.Full("").Length..]);
            }
        }

        return names;
    }

    /// <summary>Removes a savepoint; files that nothing else needs go with the next cleaning. Repeating it is safe.</summary>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var manifest = checkpoints.Full(CheckpointLayout.Savepoint(name));
        await checkpoints.Store.DeleteAsync(manifest, cancellationToken);
        var files = new List<string>();
        await foreach (var entry in checkpoints.Store.ListAsync(manifest[..(manifest.LastIndexOf('/') + 1)], cancellationToken))
        {
            files.Add(entry.Name);
        }

        foreach (var file in files)
        {
            await checkpoints.Store.DeleteAsync(file, cancellationToken);
        }
    }

    /// <summary>Copies a savepoint with all its files to a folder that needs nothing else. The manifest comes last: with it the copy is whole.</summary>
    /// <param name="name">The savepoint.</param>
    /// <param name="target">Where to copy to.</param>
    /// <param name="folder">The folder there.</param>
    /// <param name="cancellationToken">Gives up; repeat it.</param>
    public async ValueTask ExportAsync(string name, IObjectStore target, string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var manifest = await ReadAsync(name, cancellationToken);
        await CopyFilesAsync(manifest, checkpoints.Store, path => checkpoints.Full(path), target, path => $"{folder}/{path}", path => PortableFiles + path, cancellationToken);
        await target.PutAsync($"{folder}/{PortableManifest}", manifest.ToByteArray(), cancellationToken);
    }

    /// <summary>Copies a folder that was exported into this job, as a savepoint of it.</summary>
    /// <param name="name">The savepoint's name; new in this job.</param>
    /// <param name="source">Where the folder is.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Gives up; repeat it.</param>
    /// <exception cref="FlowException">The folder is no whole savepoint (<see cref="FlowErrorCode.NotFound"/>), or the name is taken.</exception>
    public async ValueTask ImportAsync(string name, IObjectStore source, string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var content = await source.TryGetAsync($"{folder}/{PortableManifest}", CheckpointStore.ManifestBytesMax, cancellationToken)
            ?? throw new FlowException(FlowErrorCode.NotFound, $"'{folder}' of {source.Url} is no savepoint: it has no {PortableManifest}.");
        var manifest = CheckpointManifest.Parser.ParseFrom(content);
        var own = CheckpointLayout.Savepoint(name);
        var prefix = own[..(own.LastIndexOf('/') + 1)];
        await CopyFilesAsync(manifest, source, path => $"{folder}/{path}", checkpoints.Store, path => checkpoints.Full(path), path => prefix + path, cancellationToken);
        await StoreAsync(name, manifest, cancellationToken);
    }

    /// <summary>Makes what a job begins from a savepoint of that job, with copies of its files. One that is there already is taken for the same.</summary>
    /// <param name="manifest">The savepoint, with the operators that are wanted; changed to name the copies.</param>
    /// <param name="name">The savepoint's name in the other job.</param>
    /// <param name="target">The other job's savepoints.</param>
    /// <param name="cancellationToken">Gives up; repeat it.</param>
    public async ValueTask CopyAsync(CheckpointManifest manifest, string name, SavepointStore target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(target);
        var own = CheckpointLayout.Savepoint(name);
        var prefix = own[..(own.LastIndexOf('/') + 1)];
        await CopyFilesAsync(manifest, checkpoints.Store, checkpoints.Full, target.Checkpoints.Store, target.Checkpoints.Full, path => prefix + path, cancellationToken);
        await target.Checkpoints.Store.TryCreateAsync(target.Checkpoints.Full(own), manifest.ToByteArray(), cancellationToken);
    }

    private static async ValueTask CopyFilesAsync(
        CheckpointManifest manifest, IObjectStore source, Func<string, string> sourceOf, IObjectStore target, Func<string, string> targetOf, Func<string, string> pathOf, CancellationToken cancellationToken)
    {
        foreach (var file in CheckpointCleaner.FilesOf(manifest))
        {
            await using var from = await source.OpenReadAsync(sourceOf(file.Path), cancellationToken);
            await using var to = await target.UploadAsync(targetOf(pathOf(file.Path)), cancellationToken);
            await from.CopyToAsync(to.Content, cancellationToken);
            await to.CompleteAsync(cancellationToken);
        }

        foreach (var file in manifest.Operators.SelectMany(state => state.Tables).SelectMany(table => table.Files))
        {
            file.Path = pathOf(file.Path);
        }
    }

    private async ValueTask StoreAsync(string name, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        if (!await checkpoints.Store.TryCreateAsync(checkpoints.Full(CheckpointLayout.Savepoint(name)), manifest.ToByteArray(), cancellationToken))
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"There is a savepoint '{name}' already; delete it or take another name.");
        }
    }

    private static FlowException Cleared(string name, string manifest) =>
        new(FlowErrorCode.NotFound, $"Savepoint '{name}' was not made: checkpoint '{manifest}' was cleared away meanwhile; take a newer one.");
}
