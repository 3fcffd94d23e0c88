namespace OrleansFlow.Silo.Security;

/// <summary>Who makes a call, as far as the gateway knows; handlers find it in the items of their call under this type.</summary>
/// <param name="HasToken">Whether the call carried a token that was checked; false where none is needed.</param>
/// <param name="UserName">The name that a client sent beside its token; nobody vouches for it. Null: none.</param>
internal sealed record GatewayCaller(bool HasToken, string? UserName);
