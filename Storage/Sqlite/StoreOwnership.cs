using System.Globalization;
using System.Text;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Holds the store's lock file for as long as this silo lives, so that two silos never write one store.</summary>
/// <remarks>
/// The operating system drops the lock when the process dies, however it dies: there is nothing to clean up and nothing to time out.
/// The owner's process id stands in a file of its own, because a locked file cannot be read on every platform.
/// </remarks>
internal sealed class StoreOwnership : IDisposable
{
    private readonly FileStream _lock;
    private readonly string _ownerPath;

    private StoreOwnership(FileStream lockFile, string ownerPath)
    {
        _lock = lockFile;
        _ownerPath = ownerPath;
    }

    /// <summary>Becomes the owner.</summary>
    /// <exception cref="FlowException"><c>store_in_use</c>, naming the owner's process.</exception>
    public static StoreOwnership Take(string databasePath)
    {
        var lockPath = databasePath + ".lock";
        var ownerPath = databasePath + ".owner";
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            var owner = ReadOwner(ownerPath);
            throw new FlowException(
                FlowErrorCode.StoreInUse,
                $"The store '{databasePath}' is owned by another silo{owner}. Stop that silo, or choose another data folder (--data).",
                exception);
        }

        File.WriteAllText(ownerPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Encoding.UTF8);
        return new StoreOwnership(lockFile, ownerPath);
    }

    public void Dispose()
    {
        // The lock file itself stays: deleting it would let a third silo lock a new file while a second still waits on the old one.
        File.Delete(_ownerPath);
        _lock.Dispose();
    }

    private static string ReadOwner(string ownerPath)
    {
        try
        {
            return $" (process {File.ReadAllText(ownerPath).Trim()})";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
