namespace Orleans.CodeGen.Serialization;

/// <summary>How instances are made before their members are set.</summary>
internal enum Creation
{
    None,
    New,
    Constructor,
    Uninitialized,
}

/// <summary>A member as generated code sees it. In <c>Get</c> and <c>Set</c>, <c>{0}</c> is the instance, <c>{1}</c> the value.</summary>
internal sealed record SerializedMember(uint Id, string Type, bool IsShared, string Get, string Set);

/// <summary>A registration without generated codec: an open or closed type, its name, and code.</summary>
internal sealed record Registration(string Name, string Code, string Source);

/// <summary>A type with [GenerateSerializer], as text.</summary>
internal sealed record SerializedType(
    string Namespace,
    string CodecName,
    string TypeParameters,
    string Constraints,
    string Type,
    string OpenType,
    string OpenCodec,
    string WireName,
    bool IsGeneric,
    bool IsEnum,
    bool IsStruct,
    bool IsSealed,
    bool IsException,
    bool IsReadOnly,
    bool IsTracked,
    Creation Creation,
    string? Base,
    bool HasErrors,
    EquatableArray<SerializedMember> Parameters,
    EquatableArray<SerializedMember> Members,
    EquatableArray<string> FieldTypes,
    EquatableArray<string> Accessors,
    EquatableArray<string> Names,
    DiagnosticModel Declaration,
    EquatableArray<DiagnosticModel> Diagnostics);
