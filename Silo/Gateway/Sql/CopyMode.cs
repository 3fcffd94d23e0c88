namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What a COPY does about files that are at its target already.</summary>
internal enum CopyMode
{
    /// <summary>It is refused.</summary>
    Refuse,

    /// <summary><c>OVERWRITE</c>: all that is there gives way.</summary>
    Overwrite,

    /// <summary><c>APPEND</c>: its files come beside those there, under names that no other statement's have.</summary>
    Append,

    /// <summary><c>OVERWRITE_OR_IGNORE</c>: files whose names it uses again give way, and all others stay.</summary>
    OverwriteOrIgnore,
}
