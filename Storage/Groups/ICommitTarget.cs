using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Groups;

/// <summary>What a group is committed to: one connection of a store. Used by one thread, its committer's.</summary>
internal interface ICommitTarget<TWrite> : IDisposable
{
    /// <summary>Name of the store for messages; holds no secret.</summary>
    string StoreName { get; }

    /// <summary>Whether the write may join the group; false ends the group, and the write leads the next one. Not asked for the first of a group.</summary>
    bool MayJoin(List<TWrite> group, TWrite write);

    /// <summary>Applies every write in one transaction and notes in each whether it was refused. Durable when it returns.</summary>
    /// <exception cref="Exception">Nothing of the group was kept, or it is not known.</exception>
    void Commit(List<TWrite> group);

    /// <summary>Whether <see cref="Commit"/> failed because of one of the writes, so that the others are worth trying alone.</summary>
    bool IsOneWritesFault(Exception exception);

    /// <summary>Says the failure in the project's codes.</summary>
    FlowException Translate(Exception exception);
}
