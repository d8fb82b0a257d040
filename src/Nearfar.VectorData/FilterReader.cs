using System.Collections;
using System.Globalization;
using System.Linq.Expressions;
using Microsoft.Extensions.VectorData.ProviderServices;
using Microsoft.Extensions.VectorData.ProviderServices.Filter;

namespace Nearfar.VectorData;

/// <summary>A LINQ filter as a predicate over kept records. Nothing is compiled, so it works ahead of time too; what it does not know it refuses by name.</summary>
internal sealed class FilterReader(CollectionModel model, Func<PropertyModel, Func<StoredRecord, object?>> reader) : FilterTranslatorBase
{
    private const string Supported = "==, !=, <, <=, >, >= between a property and a value, &&, ||, !, a bool property, true, false, "
        + "list property.Contains(value), values.Contains(property), list property.Any(x => values.Contains(x))";

    /// <exception cref="NotSupportedException">A form that is not known; the message shows it.</exception>
    /// <exception cref="InvalidOperationException">A property that the model has not.</exception>
    /// <exception cref="InvalidCastException">A value of another type than the property's.</exception>
    public Func<StoredRecord, bool> Read(LambdaExpression filter) =>
        Translate(PreprocessFilter(filter, model, new FilterPreprocessingOptions { SupportsParameterization = false }));

    private Func<StoredRecord, bool> Translate(Expression node)
    {
        switch (node)
        {
            case ConstantExpression { Value: bool value }:
                return _ => value;
            case BinaryExpression { NodeType: ExpressionType.AndAlso } and:
                var (left, right) = (Translate(and.Left), Translate(and.Right));
                return r => left(r) && right(r);
            case BinaryExpression { NodeType: ExpressionType.OrElse } or:
                var (one, other) = (Translate(or.Left), Translate(or.Right));
                return r => one(r) || other(r);
            case UnaryExpression { NodeType: ExpressionType.Not } not:
                var inner = Translate(not.Operand);
                return r => !inner(r);
            case BinaryExpression { NodeType: ExpressionType.Equal or ExpressionType.NotEqual or ExpressionType.LessThan or ExpressionType.LessThanOrEqual or ExpressionType.GreaterThan or ExpressionType.GreaterThanOrEqual } comparison:
                return Compare(comparison);
            case MethodCallExpression call when TryMatchContains(call, out var source, out var item):
                return Contains(source, item, node);
            case MethodCallExpression { Method: { Name: nameof(Enumerable.Any) } method, Arguments: [var list, LambdaExpression lambda] } when method.DeclaringType == typeof(Enumerable):
                return Any(list, lambda, node);
            default:
                if (node.Type == typeof(bool) && TryBind(node, out var property) && property.Type == typeof(bool))
                {
                    var read = reader(property);
                    return r => read(r) is true;
                }

                throw Unknown(node);
        }
    }

    private Func<StoredRecord, bool> Compare(BinaryExpression node)
    {
        var operation = node.NodeType;
        Expression other = node.Right;
        if (!TryBind(node.Left, out var property))
        {
            if (!TryBind(node.Right, out property))
            {
                throw Unknown(TryConstant(node.Left, out _) ? node.Right : node.Left);
            }

            other = node.Left;
            operation = Mirrored(operation);
        }

        bool isConstant = TryConstant(other, out object? value);
        if (DataType.Of(property.Type) is { IsList: true } && !(isConstant && value is null))
        {
            throw new NotSupportedException($"The filter compares the list \"{property.ModelName}\" by {node.NodeType}, in {node}; lists are asked by Contains.");
        }

        if (!isConstant)
        {
            throw Unknown(node);
        }

        Check(property, value);
        var read = reader(property);
        return operation switch
        {
            ExpressionType.Equal => r => IsSame(read(r), value),
            ExpressionType.NotEqual => r => !IsSame(read(r), value),
            ExpressionType.LessThan => r => Order(read(r), value) < 0,        // null on either side: not ordered, false
            ExpressionType.LessThanOrEqual => r => Order(read(r), value) <= 0,
            ExpressionType.GreaterThan => r => Order(read(r), value) > 0,
            _ => r => Order(read(r), value) >= 0,
        };
    }

    private Func<StoredRecord, bool> Contains(Expression source, Expression item, Expression node)
    {
        if (TryBind(source, out var list))
        {
            if (DataType.Of(list.Type) is not { IsList: true } || !TryConstant(item, out object? value))
            {
                throw Unknown(node);
            }

            Check(list, value);
            var readList = reader(list);
            return r => readList(r) is IEnumerable items && items.Cast<object?>().Any(i => IsSame(i, value));
        }

        if (!TryBind(item, out var property) || DataType.Of(property.Type) is not { IsList: false })
        {
            throw Unknown(node);
        }

        var holds = Holds(property, source, node);
        var read = reader(property);
        return r => holds(read(r));
    }

    private Func<StoredRecord, bool> Any(Expression source, LambdaExpression lambda, Expression node)
    {
        if (lambda.Parameters is not [var parameter] || lambda.Body is not MethodCallExpression call || !TryMatchContains(call, out var values, out var item)
            || Unwrapped(item) != parameter || !TryBind(source, out var list) || DataType.Of(list.Type) is not { IsList: true })
        {
            throw Unknown(node);
        }

        var holds = Holds(list, values, node);
        var read = reader(list);
        return r => read(r) is IEnumerable items && items.Cast<object?>().Any(holds);
    }

    /// <summary>Whether a value is among those of a constant list.</summary>
    private static Func<object?, bool> Holds(PropertyModel property, Expression source, Expression node)
    {
        List<object?> values = [];
        if (Unwrapped(source) is NewArrayExpression { NodeType: ExpressionType.NewArrayInit } array)
        {
            foreach (var element in array.Expressions)
            {
                values.Add(TryConstant(element, out object? value) ? value : throw Unknown(node));
            }
        }
        else if (TryConstant(source, out object? constant) && constant is IEnumerable items and not string)
        {
            values.AddRange(items.Cast<object?>());
        }
        else
        {
            throw Unknown(node);
        }

        values.ForEach(v => Check(property, v));
        var type = DataType.Of(property.Type)!.Element;
        var set = values.Where(v => v?.GetType() == type).ToHashSet();
        object?[] others = [.. values.Where(v => v?.GetType() != type)];
        return v => set.Contains(v) || others.Any(o => IsSame(v, o));
    }

    // A comparison of short or byte properties comes as one of int: C# widens both sides.
    private bool TryBind(Expression node, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PropertyModel? property)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert } convert && convert.Type != convert.Operand.Type && IsNumber(convert.Type) && IsNumber(convert.Operand.Type))
        {
            node = convert.Operand;
        }

        if (!TryBindProperty(node, out property))
        {
            return false;
        }

        return property is VectorPropertyModel
            ? throw new NotSupportedException($"The filter asks for the vector property \"{property.ModelName}\"; only keys and data can be filtered.")
            : true;
    }

    private static bool TryConstant(Expression node, out object? value)
    {
        value = null;
        if (Unwrapped(node) is not ConstantExpression constant)
        {
            return false;
        }

        value = constant.Value;
        return true;
    }

    private static Expression Unwrapped(Expression node)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert } convert)
        {
            node = convert.Operand;
        }

        return node;
    }

    private static void Check(PropertyModel property, object? value)
    {
        var type = DataType.Of(property.Type)!.Element;
        if (value is not null && value.GetType() != type && !(IsNumber(type) && IsNumber(value.GetType())))
        {
            throw new InvalidCastException($"The filter compares \"{property.ModelName}\", of type {type.Name}, with a {value.GetType().Name}.");
        }
    }

    private static bool IsSame(object? a, object? b) => a is null || b is null ? a is null && b is null : Order(a, b) == 0;

    /// <summary>Below, at or above 0; null where either is missing.</summary>
    private static int? Order(object? a, object? b)
    {
        if (a is null || b is null)
        {
            return null;
        }

        if (a is string text && b is string with)
        {
            return string.CompareOrdinal(text, with);
        }

        if (a.GetType() == b.GetType())
        {
            return ((IComparable)a).CompareTo(b);
        }

        return a is float or double || b is float or double
            ? Convert.ToDouble(a, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(b, CultureInfo.InvariantCulture))
            : Convert.ToDecimal(a, CultureInfo.InvariantCulture).CompareTo(Convert.ToDecimal(b, CultureInfo.InvariantCulture));
    }

    private static bool IsNumber(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) is >= TypeCode.SByte and <= TypeCode.Decimal;

    private static ExpressionType Mirrored(ExpressionType operation) => operation switch
    {
        ExpressionType.LessThan => ExpressionType.GreaterThan,
        ExpressionType.LessThanOrEqual => ExpressionType.GreaterThanOrEqual,
        ExpressionType.GreaterThan => ExpressionType.LessThan,
        ExpressionType.GreaterThanOrEqual => ExpressionType.LessThanOrEqual,
        _ => operation,
    };

    private static NotSupportedException Unknown(Expression node) =>
        new($"The filter holds {(node is MethodCallExpression call ? $"a call of {call.Method.DeclaringType?.Name}.{call.Method.Name}" : node.NodeType)}, in {node}; supported: {Supported}. Filter the rest after the search.");
}
