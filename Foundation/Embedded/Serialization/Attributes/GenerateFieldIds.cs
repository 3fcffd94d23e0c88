namespace Orleans;

/// <summary>Says which members of a type get ids from the generator.</summary>
public enum GenerateFieldIds
{
    /// <summary>None: every serialized member carries <see cref="IdAttribute"/>.</summary>
    None = 0,

    /// <summary>Public properties with a setter, by a stable hash of their name.</summary>
    PublicProperties = 1,
}
