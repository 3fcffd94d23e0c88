namespace Orleans.CodeGen.Grains;

/// <summary>What the generator found out about one grain interface; equal models give equal code.</summary>
internal sealed record InterfaceModel(string HintName, string Source, string ModuleLine, DiagnosticModel? Problem);

/// <summary>What the generator found out about one grain class.</summary>
internal sealed record ClassModel(string ModuleLine);

/// <summary>A problem, without the symbols that would keep a compilation alive.</summary>
internal sealed record DiagnosticModel(string Member, string Reason, string FilePath, int Start, int Length, int Line, int Column, bool IsHiddenInterface);
