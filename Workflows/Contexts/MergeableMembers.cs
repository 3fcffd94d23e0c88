using System.ComponentModel;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>What the code behind <see cref="MergeableAttribute"/> calls for each member. Not meant to be called by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class MergeableMembers
{
    /// <summary>The member's empty value.</summary>
    /// <typeparam name="T">The member's type.</typeparam>
    public static T Empty<T>()
        where T : IMergeable<T> => T.Empty;

    /// <summary>Both values' changes; <see langword="null"/>, which only an older stored form gives, counts as empty.</summary>
    /// <typeparam name="T">The member's type.</typeparam>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    public static T Merge<T>(T? left, T? right)
        where T : IMergeable<T> => (left ?? T.Empty).Merge(right ?? T.Empty);

    /// <summary>What turns the earlier value into the later one.</summary>
    /// <typeparam name="T">The member's type.</typeparam>
    /// <param name="now">The later value.</param>
    /// <param name="before">The earlier value.</param>
    public static T Delta<T>(T? now, T? before)
        where T : IMergeable<T> => (now ?? T.Empty).DeltaSince(before ?? T.Empty);

    /// <summary>True when both have the same content.</summary>
    /// <typeparam name="T">The member's type.</typeparam>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    public static bool Same<T>(T? left, T? right) => EqualityComparer<T>.Default.Equals(left!, right!);
}
