using System.Reflection;

namespace OrleansFlow.StreamJobs;

/// <summary>A member of a record as a column.</summary>
/// <param name="Name">Of the column.</param>
/// <param name="SqlType">As SQL writes it.</param>
/// <param name="ClrType">Of the member.</param>
/// <param name="IsNullable">Whether it may be null, as the type of the member says.</param>
/// <param name="Member">The property; null where the record is one value.</param>
public sealed record RecordColumn(string Name, string SqlType, Type ClrType, bool IsNullable, PropertyInfo? Member);
