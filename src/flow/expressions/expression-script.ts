import type {
  ArrowFunctionExpression,
  Expression as Ast,
  CallExpression,
  ObjectExpression,
  Pattern,
  SpreadElement,
} from 'acorn';

/**
 * A checked expression as a script for the sandbox, where it means what it means in the host: paths go on through what
 * is not there, and see no prototypes. The script expects `$$m(object, key)`, `$$s(items)` and `$$in(key, object)`.
 *
 * @param text what the tree's offsets count in
 */
export function writeScript(ast: Ast, text: string): string {
  return new Writer(text).write(ast);
}

interface Part {
  start: number;
  end: number;
  written: string;
}

class Writer {
  constructor(private readonly text: string) {}

  write(node: Ast): string {
    switch (node.type) {
      case 'MemberExpression': {
        const { object, property, computed } = node;
        if (object.type === 'Super' || property.type === 'PrivateIdentifier') break;
        const key = computed ? this.write(property) : JSON.stringify(this.slice(property));
        return `$$m(${this.write(object)},${key})`;
      }
      case 'CallExpression':
        return this.call(node);
      case 'NewExpression':
        return `new ${this.slice(node.callee)}(${this.list(node.arguments)})`;
      case 'BinaryExpression': {
        const { left, right } = node;
        if (left.type === 'PrivateIdentifier') break;
        if (node.operator === 'in') return `$$in(${this.write(left)},${this.write(right)})`;
        return this.splice(node, [this.part(left), this.part(right)]);
      }
      case 'LogicalExpression':
        return this.splice(node, [this.part(node.left), this.part(node.right)]);
      case 'ConditionalExpression':
        return this.splice(node, [this.part(node.test), this.part(node.consequent), this.part(node.alternate)]);
      case 'UnaryExpression':
        return this.splice(node, [this.part(node.argument)]);
      case 'ChainExpression':
      case 'ParenthesizedExpression':
        return `(${this.write(node.expression)})`;
      case 'TemplateLiteral':
        return this.splice(
          node,
          node.expressions.map((one) => this.part(one)),
        );
      case 'ArrayExpression':
        return this.splice(
          node,
          node.elements.flatMap((item) => (item === null ? [] : [this.item(item)])),
        );
      case 'ObjectExpression':
        return this.object(node);
      case 'ArrowFunctionExpression':
        return this.arrow(node);
      default:
    }
    return this.slice(node);
  }

  /** The node as it was written, but for some of its parts. */
  private splice({ start, end }: { start: number; end: number }, parts: readonly Part[]): string {
    let written = '';
    let at = start;
    for (const part of parts) {
      written += this.text.slice(at, part.start) + part.written;
      at = part.end;
    }
    return written + this.text.slice(at, end);
  }

  private slice({ start, end }: { start: number; end: number }): string {
    return this.text.slice(start, end);
  }

  private part(node: Ast): Part {
    return { start: node.start, end: node.end, written: this.write(node) };
  }

  /** An item of a list or an argument: nothing spreads as no items. */
  private item(node: Ast | SpreadElement): Part {
    if (node.type !== 'SpreadElement') return this.part(node);
    return { start: node.start, end: node.end, written: `...$$s(${this.write(node.argument)})` };
  }

  private list(items: readonly (Ast | SpreadElement)[]): string {
    return items.map((item) => this.item(item).written).join(',');
  }

  private call({ callee, arguments: given }: CallExpression): string {
    const args = `(${this.list(given)})`;
    if (callee.type === 'MemberExpression' && callee.object.type !== 'Super') {
      return `(${this.write(callee.object)})?.${this.slice(callee.property)}${args}`;
    }
    return callee.type === 'Super' ? this.slice(callee) : `${this.write(callee)}${args}`;
  }

  private object(node: ObjectExpression): string {
    const parts = node.properties.flatMap((property): Part[] => {
      if (property.type === 'SpreadElement') return [this.part(property.argument)];
      if (property.shorthand) return [];
      return property.computed ? [this.part(property.key), this.part(property.value)] : [this.part(property.value)];
    });
    return this.splice(node, parts);
  }

  private arrow(node: ArrowFunctionExpression): string {
    const { params, body } = node;
    const parts = params.flatMap((param) => this.pattern(param));
    return this.splice(node, body.type === 'BlockStatement' ? parts : [...parts, this.part(body)]);
  }

  /** The expressions inside a parameter: defaults and computed keys, in their order. */
  private pattern(node: Pattern): Part[] {
    switch (node.type) {
      case 'ArrayPattern':
        return node.elements.flatMap((item) => (item === null ? [] : this.pattern(item)));
      case 'ObjectPattern':
        return node.properties.flatMap((property) => {
          if (property.type === 'RestElement') return this.pattern(property.argument);
          return [...(property.computed ? [this.part(property.key)] : []), ...this.pattern(property.value)];
        });
      case 'AssignmentPattern':
        return [...this.pattern(node.left), this.part(node.right)];
      case 'RestElement':
        return this.pattern(node.argument);
      default:
        return [];
    }
  }
}
