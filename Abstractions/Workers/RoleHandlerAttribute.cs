namespace OrleansFlow.Workers;

/// <summary>Says which role a handler serves, for hosts that find handlers in an assembly (<c>flow worker --load</c>).</summary>
/// <param name="role">The role's name.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class RoleHandlerAttribute(string role) : Attribute
{
    /// <summary>The role's name.</summary>
    public string Role { get; } = role;

    /// <summary>Version of the role that this class is, for graphs that pin one; null: the worker's own. 1 to 128 characters.</summary>
    public string? Version { get; init; }
}
